"""The screens: pages that are whole without a script, each restored by its address."""
