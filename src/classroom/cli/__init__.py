"""The `classroom` command: a module for each verb."""
