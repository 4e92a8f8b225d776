"""Modules that turn a batch of starts or histories into forecasts."""
