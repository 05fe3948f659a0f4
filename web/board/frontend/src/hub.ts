/** The socket: the published `centrifuge` SDK, two subscriptions, and a proof of life every second. */

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
  /** The server will not have us, and the SDK gives up. `code`: of the protocol, docs/protocol.md. */
  onRefused(code: number): void
}

// Together below three seconds: so soon a dispatcher has to know that what he sees is old.
const PROBE_MS = 1000
const PROBE_TIMEOUT_MS = 1500
// The SDK's code for a client that closed by itself: when we reconnect.
const CLOSED_BY_US = 0

export class Hub {
  private readonly client: Centrifuge
  private board: Subscription | null = null
  private probing = 0
  private asking = false
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
    this.client.on('disconnected', ({ code }) => {
      this.cut()
      if (code !== CLOSED_BY_US) listener.onRefused(code)
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
    board.on('unsubscribed', ({ code }) => code !== CLOSED_BY_US && this.listener.onRefused(code))
    board.subscribe()
    this.board = board
    const positions = this.client.newSubscription(positionsTopic)
    positions.on('publication', (context) => this.position(context))
    positions.subscribe()
    this.client.connect()
    this.probing = window.setInterval(() => void this.probe(), PROBE_MS)
  }

  /** Calls back whenever something was said on a topic beside the board's, or may have been. Returns the way to stop it. */
  follow(topic: string, since: StreamPosition, heard: () => void): () => void {
    const also = this.client.newSubscription(topic, { since, recoverable: true, positioned: true })
    also.on('publication', heard)
    also.on('subscribed', ({ wasRecovering, recovered }) => wasRecovering && !recovered && heard())
    also.subscribe()
    return () => this.client.removeSubscription(also)
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
    if (!this.connected || this.board === null || this.asking) return
    this.asking = true
    const answered = this.board.history({ limit: 0 }).then(
      () => true,
      () => this.connected,
    )
    const late = new Promise<false>((resolve) => window.setTimeout(() => resolve(false), PROBE_TIMEOUT_MS))
    const alive = await Promise.race([answered, late])
    this.asking = false
    if (alive) this.listener.onAlive()
    else if (this.connected) this.reconnect()
  }
}
