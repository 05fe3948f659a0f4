"""Below /ops/: signing in, and the site."""

from allauth.account import views
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from web.ops.signing_in import SetUp

# Here, and not when Django starts: a worker, a process for sockets alone (`config.urls` leaves this out there) and most
# commands have no pages, and to import them takes a second.
admin.autodiscover()

# Of allauth's pages only these: nobody signs up, and nobody has a mail address. Some of its pages name the others.
urlpatterns = [
    path("sign-in/", views.login, name="account_login"),
    path("sign-out/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/", views.password_change, name="account_change_password"),
    path("signup/", RedirectView.as_view(pattern_name="account_login"), name="account_signup"),
    path("email/", RedirectView.as_view(pattern_name="account_login"), name="account_email"),
    path("password/reset/", RedirectView.as_view(pattern_name="account_login"), name="account_reset_password"),
    path("password/set/", RedirectView.as_view(pattern_name="account_login"), name="account_set_password"),
    path("second-factor/totp/activate/", SetUp.as_view()),
    path("second-factor/", include("allauth.mfa.urls")),
    path("", admin.site.urls),
]
