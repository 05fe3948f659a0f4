"""Where the hub answers; for Channels' URLRouter."""

from django.urls import path

from hub.consumer import HubConsumer

websocket_urlpatterns = [path("connection/websocket", HubConsumer.as_asgi())]
