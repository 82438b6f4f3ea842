"""What calls cost: the dated table of prices, shipped and the operator's own."""
