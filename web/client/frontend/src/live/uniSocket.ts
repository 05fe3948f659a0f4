/** What the `centrifuge` SDK asks of a WebSocket, over `uni.connectSocket`: a mini program has no other. */

type Heard = (event: { data: unknown }) => void
type Closed = (event: { code: number; reason: string; wasClean: boolean }) => void

const ABNORMAL = 1006

export class UniSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3

  readyState: number = UniSocket.CONNECTING
  binaryType = 'blob'
  onopen: (() => void) | null = null
  onmessage: Heard | null = null
  onerror: ((event: { message: string }) => void) | null = null
  onclose: Closed | null = null

  private readonly task: UniApp.SocketTask

  constructor(readonly url: string) {
    this.task = uni.connectSocket({
      url,
      // Without a callback uni answers with a promise instead of the task.
      complete: () => undefined,
      fail: ({ errMsg }) => this.failed(errMsg),
    })
    this.task.onOpen(() => {
      this.readyState = UniSocket.OPEN
      this.onopen?.()
    })
    this.task.onMessage(({ data }) => this.onmessage?.({ data }))
    this.task.onError(({ errMsg }) => this.failed(errMsg))
    this.task.onClose((event) => this.closed(event?.code ?? ABNORMAL, event?.reason ?? ''))
  }

  send(data: string): void {
    this.task.send({ data, fail: ({ errMsg }) => this.failed(errMsg) })
  }

  close(code = 1000, reason = ''): void {
    if (this.readyState >= UniSocket.CLOSING) return
    this.readyState = UniSocket.CLOSING
    this.task.close({ code, reason, fail: () => this.closed(code, reason) })
  }

  /** Not every phone says afterwards that it closed. */
  private failed(message: string): void {
    if (this.readyState === UniSocket.CLOSED) return
    this.onerror?.({ message })
    this.closed(ABNORMAL, message)
  }

  private closed(code: number, reason: string): void {
    if (this.readyState === UniSocket.CLOSED) return
    this.readyState = UniSocket.CLOSED
    this.onclose?.({ code, reason, wasClean: code === 1000 })
  }
}
