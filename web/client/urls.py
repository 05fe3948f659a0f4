"""The address of the client app's document."""

from django.urls import path

from web.client import views

app_name = "client"

urlpatterns = [path("", views.document, name="app")]
