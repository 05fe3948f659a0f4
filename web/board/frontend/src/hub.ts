/** The socket: the published `centrifuge` SDK, two subscriptions, and a proof of life every two seconds. */

import { Centrifuge, type PublicationContext, type SubscribedContext, type Subscription } from 'centrifuge'
import type { BoardEvent, Envelope, Position, StreamPosition } from '@/protocol'

export interface HubListener {
  onEvent(event: BoardEvent): void
  onPosition(worker: number, position: Position): void
  /** The subscription stands. `whole`: everything since the asked position came or is coming. */
  onSubscribed(epoch: string, whole: boolean): void
  onCut(): void
  /** The transport stands again, the subscription not yet. */
  onConnected(): void
  onAlive(): void
  onRefused(reason: string): void
}

const PROBE_MS = 2000
const PROBE_TIMEOUT_MS = 2500

export class Hub {
  private readonly client: Centrifuge
  private board: Subscription | null = null
  private probing = 0
  private connected = false

  constructor(
    address: string,
    getToken: () => Promise<string>,
    private readonly listener: HubListener,
  ) {
    this.client = new Centrifuge(address, {
      getToken,
      name: 'board',
      minReconnectDelay: 300,
      maxReconnectDelay: 3000,
      timeout: 5000,
    })
    this.client.on('connecting', () => this.cut())
    this.client.on('disconnected', ({ reason }) => {
      this.cut()
      listener.onRefused(reason)
    })
    this.client.on('connected', () => {
      this.connected = true
      listener.onConnected()
    })
  }

  open(topic: string, since: StreamPosition, positionsTopic: string): void {
    const board = this.client.newSubscription(topic, { since, recoverable: true, positioned: true })
    board.on('publication', (context) => this.event(context))
    board.on('subscribed', (context) => this.subscribed(context))
    board.on('unsubscribed', ({ reason }) => this.listener.onRefused(reason))
    board.subscribe()
    this.board = board
    const positions = this.client.newSubscription(positionsTopic)
    positions.on('publication', (context) => this.position(context))
    positions.subscribe()
    this.client.connect()
    this.probing = window.setInterval(() => void this.probe(), PROBE_MS)
  }

  close(): void {
    window.clearInterval(this.probing)
    this.client.disconnect()
  }

  /** Leaves the present connection, dead or alive, and makes a new one; the SDK resumes from its last offset. */
  reconnect(): void {
    this.client.disconnect()
    this.client.connect()
  }

  private subscribed(context: SubscribedContext): void {
    const whole = !context.wasRecovering || context.recovered
    this.listener.onSubscribed(context.streamPosition?.epoch ?? '', whole)
  }

  private event(context: PublicationContext): void {
    this.listener.onEvent({ offset: context.offset ?? 0, envelope: context.data as Envelope })
  }

  private position(context: PublicationContext): void {
    const { subject, time, data } = context.data as { subject: string; time: string; data: Position }
    this.listener.onPosition(Number(subject), { lng: data.lng, lat: data.lat, at: data.at ?? time })
  }

  private cut(): void {
    if (!this.connected) return
    this.connected = false
    this.listener.onCut()
  }

  /**
   * A network that died silently closes nothing, and the protocol's own ping comes too seldom for a dispatcher. So something is
   * asked whose answer, a refusal included, proves that the line is alive.
   */
  private async probe(): Promise<void> {
    if (!this.connected || this.board === null) return
    const answered = this.board.history({ limit: 0 }).then(
      () => true,
      () => this.connected,
    )
    const late = new Promise<false>((resolve) => window.setTimeout(() => resolve(false), PROBE_TIMEOUT_MS))
    if (await Promise.race([answered, late])) this.listener.onAlive()
    else if (this.connected) this.reconnect()
  }
}
