"""What survives a restart, and how values of the control API are checked."""

import json

import pytest

from viber_simulator.testing import Simulator, SimulatorError, wait_until

from .support import Bot, png


def test_a_restart_keeps_bots_users_and_chats(tmp_path, server):
    state = tmp_path / "state.json"
    with Simulator(state=state) as viber:
        bot, olena = Bot(viber, server).connect(), viber.create_user()
        picture = viber.send_file(
            olena, bot.record, "a.png", png(), kind="picture", content_type="image/png"
        )
        viber.wait_idle()
        bot.send(viber.viber_id(olena, bot.record), tracking_data="task:1")
        viber.wait_for_message(olena, bot.record)
        viber.wait_idle()
        before = viber.chat(olena, bot.record)
        url = viber.url
        viber.restart()
        assert viber.url == url
        assert viber.chat(olena, bot.record) == before
        copy = viber.url + picture["files"]["media"]["local"]
        assert bot.session.get(copy).content == png()
        viber.write(olena, bot.record, "hello again")
        wait_until(lambda: len(server.events("message")) == 2)
        assert bot.call("get_account_info")["webhook"] == server.webhook


def test_a_crash_loses_a_second_at_most_and_never_the_file(tmp_path):
    state = tmp_path / "state.json"
    with Simulator(state=state) as viber:
        viber.create_user("Olena Koval")
        wait_until(state.exists)
        viber.kill()
        assert json.loads(state.read_text())["users"][0]["name"] == "Olena Koval"
        viber.start()
        assert [user["name"] for user in viber.users()] == ["Olena Koval"]


def test_a_port_that_is_taken_is_a_clear_error(viber):
    taken = int(viber.url.rpartition(":")[2])
    with pytest.raises(SimulatorError, match="address already in use"):
        Simulator(port=taken).start()


def test_without_a_file_everything_is_new(viber):
    with Simulator() as fresh:
        assert fresh.users() == []
        assert fresh.bots() == []


def test_uris_are_made_from_names_and_unique(viber):
    first = viber.create_bot("Pizza & Pasta")
    second = viber.create_bot("Pizza & Pasta")
    assert first["uri"].startswith("pizzapasta")
    assert first["uri"] != second["uri"]
    with pytest.raises(SimulatorError, match="taken"):
        viber.create_bot("Other", uri=first["uri"])


@pytest.mark.parametrize(
    "values", [{"colour": "red"}, {"id": "x"}, {"language": 7}, {"online": "yes"}]
)
def test_values_that_a_user_has_not_are_refused(viber, values):
    with pytest.raises(SimulatorError):
        viber.create_user("Olena Koval", **values)


@pytest.mark.parametrize("values", [{"colour": "red"}, {"parallel": "many"}])
def test_switches_that_there_are_not_are_refused(viber, values):
    with pytest.raises(SimulatorError):
        viber.settings(**values)


def test_unknown_bots_and_users_are_not_found(viber, bot, olena):
    for refused in lambda: viber.bot("nobody"), lambda: viber.write("x", "y", "z"):
        with pytest.raises(SimulatorError, match="There is no"):
            refused()


def test_a_bot_without_webhook_takes_no_messages(viber, server, olena):
    bot = Bot(viber, server)
    with pytest.raises(SimulatorError, match="no webhook"):
        viber.write(olena, bot.record, "hello")
