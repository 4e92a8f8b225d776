"""The two kinds of model that forecasters train, on standardised rows and times in steps."""
