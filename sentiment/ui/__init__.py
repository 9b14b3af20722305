"""The app: one module per tab, figures, tables and copy apart from it."""
