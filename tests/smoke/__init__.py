"""`make smoke`: 40 orders of mixed fate on two servers and two workers, with kills, watched from outside."""
