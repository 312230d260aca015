"""What a carrier's views show of the conversation."""

from lxml import etree

from .common import ViberCase


class TestViews(ViberCase):
    def arch(self, *args, lang="en_US", **options):
        tasks = self.env["project.task"].with_user(self.agent)
        views = tasks.with_context(lang=lang)
        return etree.fromstring(views.get_view(*args, **options)["arch"])

    def test_each_view_shows_its_part_and_no_place_is_left(self):
        for view_type, expected in (
            ("form", "//button[@name='action_viber_ask_phone']"),
            ("form", "//field[@name='viber_warning']"),
            ("search", "//filter[@name='viber']"),
        ):
            arch = self.arch(view_type=view_type)
            self.assertEqual(len(arch.xpath(expected)), 1, expected)
            left = "//*[starts-with(@name, 'viber_conversation_')]"
            self.assertFalse(arch.xpath(left))

    def test_no_two_parts_have_the_same_name(self):
        for view_type in ("form", "kanban", "search"):
            view = self.env.ref(f"viber_connector.viber_conversation_view_{view_type}")
            parts = etree.fromstring(view.arch).xpath("/*/*[@name]/@name")
            self.assertEqual(len(parts), len(set(parts)), parts)

    def test_a_view_that_is_named_may_be_of_another_type_than_asked_for(self):
        search = self.env.ref("project.view_task_search_form").id
        self.assertTrue(self.arch(search).xpath("//filter[@name='viber']"))

    def test_another_addon_may_change_the_shared_part(self):
        self.env["ir.ui.view"].create(
            {
                "name": "More words",
                "model": "viber.conversation.mixin",
                "inherit_id": self.env.ref(
                    "viber_connector.viber_conversation_view_form"
                ).id,
                "arch": """
                    <xpath expr="//button[@name='action_viber_ask_phone']"
                           position="attributes">
                        <attribute name="string">Call me</attribute>
                    </xpath>
                """,
            }
        )
        [button] = self.arch().xpath("//button[@name='action_viber_ask_phone']")
        self.assertEqual(button.get("string"), "Call me")

    def test_it_is_in_the_language_of_who_looks(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        shared = self.env.ref("viber_connector.viber_conversation_view_form")
        words = {"Ask for Phone Number": "Спитати номер"}
        shared.update_field_translations("arch_db", {"uk_UA": words})
        for lang, expected in (("uk_UA", "Спитати номер"), ("en_US", "Ask for")):
            arch = self.arch(lang=lang)
            [button] = arch.xpath("//button[@name='action_viber_ask_phone']")
            self.assertIn(expected, button.get("string"))

    def test_views_of_other_types_are_as_they_were(self):
        for view_type in ("list", "kanban", "calendar", "pivot"):
            self.assertTrue(len(self.arch(view_type=view_type)))
