import { browser } from "@web/core/browser/browser";

// Milliseconds between two tries while somebody is busy with what would be drawn anew.
const LOOK_AGAIN = 500;
// Milliseconds of rest after the work: so many at least and at the most, in between
// so many times as long as the work took.
const MIN_REST = 1500;
const MAX_REST = 10_000;
const SHARE = 4;

/**
 * Do some work whenever it is asked for: at once, but under load no more often than it
 * can be borne, and once for all that was asked meanwhile.
 *
 * @param {() => Promise<void>} work
 * @param {() => boolean} [isBusy] tells whether it has to wait
 */
export class Pace {
    constructor(work, isBusy = () => false) {
        this.work = work;
        this.isBusy = isBusy;
        this.isWanted = false;
        this.isOver = false;
        this.timer = null;
        this.isWorking = false;
    }

    /** Something has changed. */
    ask() {
        this.isWanted = true;
        if (this.timer === null && !this.isWorking) {
            this.go();
        }
    }

    /** Nothing is asked for any more. */
    stop() {
        this.isOver = true;
        browser.clearTimeout(this.timer);
    }

    async go() {
        this.timer = null;
        if (this.isOver || !this.isWanted) {
            return;
        }
        if (this.isBusy()) {
            this.rest(LOOK_AGAIN);
            return;
        }
        this.isWanted = false;
        this.isWorking = true;
        const start = Date.now();
        try {
            await this.work();
        } finally {
            this.isWorking = false;
            const took = Date.now() - start;
            this.rest(Math.min(Math.max(SHARE * took, MIN_REST), MAX_REST));
        }
    }

    rest(duration) {
        if (!this.isOver) {
            this.timer = browser.setTimeout(() => this.go(), duration);
        }
    }
}
