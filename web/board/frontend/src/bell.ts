/** The alarm's sound, made by the browser itself: two soft tones, no file. Muting is remembered on this computer. */

import { ref, type Ref } from 'vue'

const MUTED = 'doorbell.board.muted'
const TONES = [
  { hertz: 784, at_s: 0 },
  { hertz: 1046.5, at_s: 0.16 },
  { hertz: 784, at_s: 0.42 },
  { hertz: 1046.5, at_s: 0.58 },
]

export class Bell {
  readonly muted: Ref<boolean> = ref(localStorage.getItem(MUTED) === '1')
  /** The browser lets a page sound only after somebody touched it; until then a hint is shown. */
  readonly locked: Ref<boolean> = ref(true)
  /** How often it rang: what the tests read. */
  readonly rings: Ref<number> = ref(0)
  private context: AudioContext | null = null

  start(): void {
    const unlock = (): void => void this.unlock()
    window.addEventListener('pointerdown', unlock)
    window.addEventListener('keydown', unlock)
  }

  setMuted(muted: boolean): void {
    this.muted.value = muted
    localStorage.setItem(MUTED, muted ? '1' : '0')
    if (!muted) void this.unlock().then(() => this.play())
  }

  /** False where nobody heard it because the browser does not let it sound yet: to be rung again once it does. */
  ring(): boolean {
    if (this.muted.value) return true
    if (this.locked.value) return false
    this.rings.value += 1
    this.play()
    return true
  }

  private async unlock(): Promise<void> {
    this.context ??= new AudioContext()
    if (this.context.state === 'suspended') await this.context.resume()
    this.locked.value = this.context.state !== 'running'
  }

  private play(): void {
    const context = this.context
    if (context === null || context.state !== 'running') return
    for (const { hertz, at_s } of TONES) tone(context, hertz, context.currentTime + at_s)
  }
}

function tone(context: AudioContext, hertz: number, at: number): void {
  const oscillator = context.createOscillator()
  const volume = context.createGain()
  oscillator.type = 'sine'
  oscillator.frequency.value = hertz
  volume.gain.setValueAtTime(0.0001, at)
  volume.gain.exponentialRampToValueAtTime(0.22, at + 0.015)
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.34)
  oscillator.connect(volume).connect(context.destination)
  oscillator.start(at)
  oscillator.stop(at + 0.36)
}
