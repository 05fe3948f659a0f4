// First, so that the components' own styles come after it.
import '@/styles/base.css'
import { computed, createApp, watch } from 'vue'
import App from '@/App.vue'
import { Bell } from '@/bell'
import { BOARD, type Board } from '@/board'
import { readBoot } from '@/boot'
import { Clock } from '@/clock'
import { Http } from '@/http'
import { BoardPlace } from '@/place'
import { Session } from '@/session'
import { StaffMoves } from '@/staffMoves'
import { rosterOf } from '@/workers'

const boot = readBoot()
const clock = new Clock()
const http = new Http(() => {
  window.location.assign(`${boot.urls.login}?next=${encodeURIComponent(window.location.pathname)}`)
})
const session = new Session(boot.city, http, clock)
const place = new BoardPlace()
const bell = new Bell()
const moves = new StaffMoves(http)
const roster = computed(() => rosterOf(session.state.value))
const board: Board = { boot, http, clock, session, roster, place, bell, moves, may: (duty) => boot.may.includes(duty) }

clock.start()
place.start()
bell.start()
watch(clock.now, (now) => session.checkDay(now))
session.onApplied(({ envelope }) => {
  if (envelope.data.order) moves.sees(envelope.data.order)
})

const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws'
// A refusal is shown by the page itself, from session.problem.
const started = session.start(`${scheme}://${window.location.host}/connection/websocket`)
started.catch(() => undefined)
// In a task of its own, after the code has been run.
setTimeout(() => createApp(App).provide(BOARD, board).mount('#board'))
