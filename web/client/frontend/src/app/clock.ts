/** The server's clock, ticking once a second: countdowns are right on a phone whose own clock is not. */

import { ref } from 'vue'

/** Epoch ms of the server. */
export const now = ref(Date.now())

let ahead_ms = 0

/** `server`: what the server said it was when it answered; `asked`, `answered`: our epoch ms around the request. */
export function setClock(server: string, asked: number, answered: number): void {
  const told = Date.parse(server)
  if (Number.isNaN(told)) return
  ahead_ms = told - (asked + answered) / 2
  now.value = Date.now() + ahead_ms
}

setInterval(() => {
  now.value = Date.now() + ahead_ms
}, 1000)
