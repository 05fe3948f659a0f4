/** The server's clock, ticking once a second: countdowns must be right on a computer whose own clock is not. */

import { ref, type Ref } from 'vue'

export class Clock {
  /** Epoch ms of the server. Changes once a second, and at once when the page comes back to the front. */
  readonly now: Ref<number>
  private ahead_ms = 0
  private timer = 0

  constructor() {
    this.now = ref(Date.now())
  }

  start(): void {
    this.tick()
    document.addEventListener('visibilitychange', () => this.refresh())
  }

  /** `server`: what the server said it was when it answered; `asked`, `answered`: our epoch ms around the request. */
  setBy(server: string, asked: number, answered: number): void {
    this.ahead_ms = Date.parse(server) - (asked + answered) / 2
    this.refresh()
  }

  read(): number {
    return Date.now() + this.ahead_ms
  }

  private refresh(): void {
    this.now.value = this.read()
  }

  /** On the full second of the server, so that all countdowns turn together. */
  private tick(): void {
    window.clearTimeout(this.timer)
    this.refresh()
    this.timer = window.setTimeout(() => this.tick(), 1005 - (((this.read() % 1000) + 1000) % 1000))
  }
}
