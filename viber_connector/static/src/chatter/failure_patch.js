import { Failure } from "@mail/core/common/failure_model";
import { MessagingMenu } from "@mail/core/public_web/messaging_menu";

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

/** Messages that did not reach Viber, in the messaging menu beside those of e-mail. */
patch(Failure.prototype, {
    get iconSrc() {
        if (this.type === "viber") {
            return "/viber_connector/static/src/img/viber_failure.svg";
        }
        return super.iconSrc;
    },
    get body() {
        if (this.type !== "viber") {
            return super.body;
        }
        if (this.notifications.length === 1 && this.lastMessage?.thread) {
            return _t("A message did not reach Viber on “%(record_name)s”", {
                record_name: this.lastMessage.thread.display_name,
            });
        }
        return _t("Messages did not reach Viber");
    },
});

patch(MessagingMenu.prototype, {
    // Not openFailureView: another addon's patch of it takes every type but e-mail for
    // its own.
    onClickFailure(failure) {
        if (failure.type !== "viber") {
            return super.onClickFailure(...arguments);
        }
        const ids = [...failure.resIds];
        if (ids.length === 1) {
            failure.lastMessage.thread.open({ focus: true });
        } else {
            this.env.services.action.doAction({
                name: _t("Not delivered in Viber"),
                type: "ir.actions.act_window",
                views: [
                    [false, "list"],
                    [false, "form"],
                ],
                res_model: failure.resModel,
                domain: [["id", "in", ids]],
                context: { create: false, active_test: false },
            });
        }
        this.dropdown.close();
    },
    getFailureNotificationName(failure) {
        if (failure.type === "viber") {
            return _t("Viber Failure: %(modelName)s", { modelName: failure.modelName });
        }
        return super.getFailureNotificationName(...arguments);
    },
});
