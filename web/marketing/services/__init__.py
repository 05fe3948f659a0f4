"""Writing campaigns, coupons, points and gifts."""
