import { patch } from "@web/core/utils/patch";
import { ListRenderer } from "@web/views/list/list_renderer";

const isSigns = (column) => column.widget === "viber_signs" && column.options?.sign;

/** A list without conversations looks as ever. */
patch(ListRenderer.prototype, {
    getActiveColumns() {
        const columns = super.getActiveColumns();
        if (!columns.some(isSigns)) {
            return columns;
        }
        const hasConversations = this.props.list.records.some(
            (record) => record.data.viber_desk
        );
        return hasConversations ? columns : columns.filter((column) => !isSigns(column));
    },
});
