import { onMounted, onWillUnmount, useEffect } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { ListController } from "@web/views/list/list_controller";

import { Pace } from "./pace";

// What somebody does with a view, and would lose if it were drawn anew.
const IN_HAND = [
    ".o_dragged",
    ".o_kanban_quick_create",
    ".o_kanban_header input",
    ".o_column_quick_create input",
    ".o_selected_row",
].join();
const IN_FRONT = ".o-dropdown--menu, .o_popover, .modal";

/** Where a list's or board's conversations stand. */
class Places {
    constructor(controller, board) {
        this.controller = controller;
        this.board = board;
        this.names = new Set();
    }

    /** Listen to what happens where the conversations that are shown stand, and where
     * new ones may begin: a view that shows none, and is not made for them, has no
     * channel. */
    listen() {
        for (const name of this.wanted) {
            if (!this.names.has(name)) {
                this.names.add(name);
                this.board.listen(name);
            }
        }
    }

    leave() {
        this.names.forEach((name) => this.board.leave(name));
        this.names.clear();
    }

    get shown() {
        const { root } = this.controller.model;
        const desks = root ? root.records.map((record) => record.data.viber_desk) : [];
        return new Set(desks.filter(Boolean).map((desk) => desk.channel));
    }

    get wanted() {
        const { context, resModel } = this.controller.props;
        const shown = this.shown;
        const desk = this.board.desk(resModel);
        if (!desk) {
            return shown;
        }
        const own = context[`default_${desk.place_field}`];
        const homes = desk.channels.filter((name) => {
            if (own) {
                return name === `${desk.place}_${own}`;
            }
            return context.viber_desk || shown.size;
        });
        return new Set([...shown, ...homes]);
    }
}

/**
 * A list or board reads again when conversations in it have changed.
 *
 * @param {ListController | KanbanController} controller that is being set up
 */
function useLiveBoard(controller) {
    const { env, model, props } = controller;
    if (env.inDialog || !("viber_desk" in model.config.activeFields)) {
        return;
    }
    const board = useService("viber_connector.board");
    if (!board.isAgent) {
        return;
    }
    const places = new Places(controller, board);
    let isPressed = false;
    let isShown = true;
    const onPress = () => (isPressed = true);
    const onRelease = () => (isPressed = false);
    const view = {
        model: props.resModel,
        pace: new Pace(
            () => reload(model),
            () => isPressed || isInUse(controller)
        ),
    };
    onMounted(() => {
        board.add(view);
        board.ready.then(() => isShown && places.listen());
        document.addEventListener("pointerdown", onPress, true);
        document.addEventListener("pointerup", onRelease, true);
        document.addEventListener("pointercancel", onRelease, true);
    });
    useEffect(
        () => places.listen(),
        () => [[...places.wanted].join()]
    );
    onWillUnmount(() => {
        isShown = false;
        board.remove(view);
        places.leave();
        document.removeEventListener("pointerdown", onPress, true);
        document.removeEventListener("pointerup", onRelease, true);
        document.removeEventListener("pointercancel", onRelease, true);
    });
}

function isInUse({ model, rootRef }) {
    const { root } = model;
    return (
        document.visibilityState !== "visible" ||
        !model.isReady ||
        root.editedRecord ||
        root.selection?.length ||
        rootRef.el?.querySelector(IN_HAND) ||
        document.querySelector(IN_FRONT)
    );
}

async function reload(model) {
    if (!model.useSampleModel) {
        return model.root.load();
    }
    // The examples go as soon as there is something to show.
    await model.load();
    model.useSampleModel = false;
    model.notify();
}

patch(ListController.prototype, {
    setup() {
        super.setup(...arguments);
        useLiveBoard(this);
    },
});

patch(KanbanController.prototype, {
    setup() {
        super.setup(...arguments);
        useLiveBoard(this);
    },
});
