"""A stand-in for the Viber service: its REST Bot API, its callbacks, and a phone.

It follows what is publicly known of Viber's behaviour, quirks included, and knows
nothing of the software that is tested with it. ``testing.Simulator`` drives it.
"""
