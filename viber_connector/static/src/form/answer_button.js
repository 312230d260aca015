import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** From the top of the form to the composer, which is far below on a small screen. */
export class ViberAnswerButton extends Component {
    static template = "viber_connector.AnswerButton";
    static props = standardWidgetProps;

    onClick() {
        const { resModel: model, resId: id } = this.props.record;
        this.env.bus.trigger("VIBER:ANSWER", { model, id });
    }
}
registry.category("view_widgets").add("viber_answer", { component: ViberAnswerButton });
