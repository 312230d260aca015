{
    "name": "Viber Connector: Helpdesk Management",
    "summary": "Viber conversations as tickets of OCA's helpdesk",
    "version": "19.0.1.1.0",
    "category": "After-Sales",
    "author": "Viber Connector contributors",
    "license": "AGPL-3",
    "depends": ["viber_connector", "helpdesk_mgmt"],
    "data": [
        "security/viber_security.xml",
        "data/helpdesk_ticket_channel.xml",
        "views/helpdesk_ticket_views.xml",
        "views/viber_account_views.xml",
        "views/viber_subscriber_views.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
