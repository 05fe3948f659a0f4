"""All pages are there before the first test asks the registry for them: `web.ops.urls` finds them."""

from importlib import import_module

from django.conf import settings

import_module(settings.ROOT_URLCONF)
