/**
 * One city, live: snapshot, socket, reducer. The only place where the page's state is written.
 *
 * Events are collected and applied once per animation frame, so that twenty a second cost at most one rendering each frame
 * and a burst after an absence costs one in all.
 */

import { computed, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { Clock } from '@/clock'
import { type Arrival, arrivalOf } from '@/eta'
import { Hub, type HubListener } from '@/hub'
import { Http, HttpError } from '@/http'
import type { BoardEvent, OrderCard, Position, Snapshot, StreamPosition, Travel } from '@/protocol'
import { refusalText } from '@/refusals'
import { EMPTY, fromSnapshot, hasGap, positionsOf, reduce, shanghaiDay, type BoardState } from '@/state'

/** 实时 / 追赶中 / 断开. */
export type Line = 'live' | 'catching_up' | 'cut'

type PositionListener = (changed: ReadonlyMap<number, Position>) => void

export class Session implements HubListener {
  readonly state: ShallowRef<BoardState> = shallowRef(EMPTY)
  readonly line: Ref<Line> = ref('catching_up')
  readonly city: ShallowRef<Snapshot['city'] | null> = shallowRef(null)
  readonly problem: Ref<string> = ref('')
  /** Epoch ms of the server's clock when the data were last known to be complete. */
  readonly currentAt: Ref<number> = ref(0)
  readonly loaded = computed(() => this.city.value !== null)

  private hub: Hub | null = null
  private travel: Travel | null = null
  private readonly positions = new Map<number, Position>()
  private moved = new Map<number, Position>()
  private readonly positionListeners = new Set<PositionListener>()
  private readonly eventListeners = new Set<(event: BoardEvent) => void>()
  private waiting: BoardEvent[] = []
  private scheduled = false
  private loading = false
  private loads = 0
  private subscribed = false
  private connected = false
  private epoch = ''
  private socket = ''
  private givenUp = false
  /** Ends the pause between two tries to fetch the snapshot. */
  private wake: () => void = () => undefined

  constructor(
    private readonly code: string,
    private readonly http: Http,
    private readonly clock: Clock,
  ) {}

  async start(socket: string): Promise<void> {
    this.socket = socket
    const snapshot = await this.load()
    this.hub = new Hub(socket, () => this.token(), this)
    this.hub.open(snapshot.stream.topic, snapshot.stream, snapshot.positions_topic)
  }

  stop(): void {
    this.hub?.close()
  }

  /** At once, whatever is being waited for: the socket, or the snapshot without which there is none yet. */
  reconnect(): void {
    this.problem.value = ''
    this.wake()
    this.hub?.reconnect()
    if (!this.givenUp) return
    this.givenUp = false
    if (this.hub) this.reload()
    else this.start(this.socket).catch(() => undefined)
  }

  /** See `Hub.follow`. */
  follow(topic: string, since: StreamPosition, heard: () => void): () => void {
    return this.hub?.follow(topic, since, heard) ?? (() => undefined)
  }

  position(worker: number): Position | undefined {
    return this.positions.get(worker)
  }

  /** When an order's worker will be there by where he was seen last; null where nobody knows. `now`: epoch ms. */
  arrival(order: OrderCard, now: number): Arrival | null {
    const seen = order.worker === null ? undefined : this.positions.get(order.worker.id)
    return seen && this.travel ? arrivalOf(order, seen, this.travel, now) : null
  }

  allPositions(): ReadonlyMap<number, Position> {
    return this.positions
  }

  /** Calls back with what moved, once per frame at most. Returns the way to stop it. */
  onMoved(listener: PositionListener): () => void {
    this.positionListeners.add(listener)
    return () => this.positionListeners.delete(listener)
  }

  /** Calls back with each event after it was applied. */
  onApplied(listener: (event: BoardEvent) => void): () => void {
    this.eventListeners.add(listener)
    return () => this.eventListeners.delete(listener)
  }

  /** The counters are of a day: at midnight in Shanghai a new snapshot begins the next one. */
  checkDay(now: number): void {
    const day = this.state.value.counters.day
    if (day !== '' && this.line.value === 'live' && shanghaiDay(now) > day) this.reload()
  }

  onEvent(event: BoardEvent): void {
    this.waiting.push(event)
    this.schedule()
  }

  onPosition(worker: number, position: Position): void {
    const held = this.positions.get(worker)
    if (held && Date.parse(held.at) > Date.parse(position.at)) return
    this.positions.set(worker, position)
    this.moved.set(worker, position)
    this.schedule()
  }

  onConnected(): void {
    this.connected = true
    this.show()
  }

  onSubscribed(epoch: string, whole: boolean): void {
    this.subscribed = true
    this.epoch = epoch || this.epoch
    const foreign = this.epoch !== '' && this.epoch !== this.state.value.epoch
    if (!whole || foreign) this.reload()
    this.onAlive()
    this.schedule()
  }

  onCut(): void {
    this.connected = this.subscribed = false
    this.show()
  }

  onAlive(): void {
    if (this.subscribed && !this.loading) this.currentAt.value = this.clock.read()
    this.show()
  }

  onRefused(code: number): void {
    this.onCut()
    this.problem.value = refusalText(code)
  }

  private show(): void {
    if (!this.connected) this.line.value = this.hub === null ? 'catching_up' : 'cut'
    else this.line.value = this.subscribed && !this.loading ? 'live' : 'catching_up'
    if (this.line.value === 'live') this.problem.value = ''
  }

  /** For the callers that wait for nothing: what went wrong is already in `problem`. */
  private reload(): void {
    this.load().catch(() => undefined)
  }

  /** Fetches the snapshot until it comes. Events that arrive meanwhile wait, and are then applied or recognised as old. */
  private async load(): Promise<Snapshot> {
    // Only the newest load counts: one that was asked before a recovery failed may be older than the hole.
    const load = ++this.loads
    this.loading = true
    this.show()
    for (let pause = 500; ; pause = Math.min(pause * 2, 5000)) {
      try {
        const snapshot = await this.fetchSnapshot()
        if (load === this.loads) this.take(snapshot)
        return snapshot
      } catch (error) {
        this.givenUp = error instanceof HttpError && [401, 403, 404].includes(error.status)
        this.say(error)
        if (this.givenUp) throw error
        await this.pause(pause)
      }
    }
  }

  private async fetchSnapshot(): Promise<Snapshot> {
    const asked = Date.now()
    const { body } = await this.http.get<Snapshot>(`/api/board/${this.code}`)
    this.clock.setBy(body.now, asked, Date.now())
    return body
  }

  private take(snapshot: Snapshot): void {
    this.state.value = fromSnapshot(snapshot)
    this.city.value = snapshot.city
    this.travel = snapshot.travel
    for (const [worker, position] of positionsOf(snapshot)) this.onPosition(worker, position)
    this.loading = false
    this.currentAt.value = Date.parse(snapshot.now)
    this.problem.value = ''
    this.flush()
    this.show()
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
      setTimeout(resolve, ms)
    })
  }

  private say(error: unknown): void {
    this.problem.value = error instanceof Error ? error.message : '读取数据失败'
  }

  private async token(): Promise<string> {
    return (await this.http.post<{ token: string }>('/api/hub/token')).body.token
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    const flush = (): void => {
      this.scheduled = false
      this.flush()
    }
    // A page in the background gets no frames, but its alarms must ring.
    if (document.hidden) window.setTimeout(flush, 200)
    else window.requestAnimationFrame(flush)
  }

  private flush(): void {
    this.flushPositions()
    if (this.loading || this.waiting.length === 0) return
    const events = this.waiting
    this.waiting = []
    const before = this.state.value
    if (hasGap(before, events)) {
      this.waiting = events
      this.reload()
      return
    }
    this.state.value = reduce(before, events)
    this.onAlive()
    for (const event of events) if (event.offset > before.offset) for (const told of this.eventListeners) told(event)
  }

  private flushPositions(): void {
    if (this.moved.size === 0) return
    const moved = this.moved
    this.moved = new Map()
    for (const listener of this.positionListeners) listener(moved)
  }
}
