"""Dashboards for staff: built from the quantity table in two languages, pushed to a Grafana."""
