"""The service ``sql``: one SELECT over tables that are loaded when it names them."""
