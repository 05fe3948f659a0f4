from django.urls import path

from hub import views

urlpatterns = [path("metrics", views.metrics), path("readyz", views.readyz)]
