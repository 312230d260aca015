{
    "name": "Bare Odoo, for the benchmarks",
    "version": "19.0.1.0.0",
    "author": "Viber Connector contributors",
    "license": "LGPL-3",
    "depends": ["project"],
}
