import { onMounted, onWillUnmount, reactive, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";

const PERIOD = 15_000;

const clock = reactive({ now: Date.now() });
let shown = 0;
let timer = null;

function tick() {
    clock.now = Date.now();
}

/**
 * The time, by which a component is drawn anew every few seconds while it is shown. All
 * that are shown share one timer.
 *
 * @returns {{now: number}} milliseconds since 1970
 */
export function useClock() {
    if (!shown) {
        tick();
    }
    onMounted(() => {
        if (!shown++) {
            timer = browser.setInterval(tick, PERIOD);
        }
    });
    onWillUnmount(() => {
        if (!--shown) {
            browser.clearInterval(timer);
        }
    });
    return useState(clock);
}
