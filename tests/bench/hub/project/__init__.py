"""What its servers are started with."""

ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "tests.bench.hub.project.settings"}
