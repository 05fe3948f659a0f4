"""Addresses of the dispatch board's page."""

from django.urls import path

from web.board import views

app_name = "board"

urlpatterns = [
    path("", views.home, name="home"),
    path("login", views.Login.as_view(), name="login"),
    path("logout", views.Logout.as_view(), name="logout"),
    path("<slug:city>/", views.city, name="city"),
    path("<slug:city>/map.json", views.map_json, name="map"),
]
