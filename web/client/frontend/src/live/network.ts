/** Tells the SDK that the network went or came, as a browser's window would: a mini program has `onNetworkStatusChange`. */

type Kind = 'online' | 'offline'

export class NetworkEvents {
  private readonly listeners: Record<Kind, Set<() => void>> = { online: new Set(), offline: new Set() }

  constructor() {
    uni.onNetworkStatusChange(({ isConnected }) => this.tell(isConnected ? 'online' : 'offline'))
  }

  addEventListener(kind: Kind, listener: () => void): void {
    this.listeners[kind].add(listener)
  }

  removeEventListener(kind: Kind, listener: () => void): void {
    this.listeners[kind].delete(listener)
  }

  dispatchEvent({ type }: { type: string }): boolean {
    this.tell(type as Kind)
    return true
  }

  tell(kind: Kind): void {
    for (const listener of this.listeners[kind]) listener()
  }
}
