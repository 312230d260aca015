"""The jobs are an administrator's from now on: no update resets them."""


def migrate(cr, _version):
    """Mark the jobs as those of a new installation are.

    :param Cursor cr: of the database that is updated
    """
    cr.execute(
        """
        UPDATE ir_model_data SET noupdate = TRUE
         WHERE module = 'viber_connector' AND model = 'ir.cron'
        """
    )
