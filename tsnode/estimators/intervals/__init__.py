"""How sure a forecast is: errors on rows not seen, by lead, and what is made of them."""
