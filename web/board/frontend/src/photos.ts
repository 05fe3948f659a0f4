/** Photos that are about to be said or reported: sent as soon as they are chosen, each with what became of it. */

import { computed, type ComputedRef, ref, type Ref } from 'vue'
import { type Http, HttpError } from '@/http'
import type { Photo } from '@/orderDetail'

/** So many with one message, or one report. */
export const PHOTOS_MAX = 9

export interface Sending {
  key: number
  name: string
  state: 'sending' | 'sent' | 'failed'
  photo: Photo | null
  problem: string
}

export interface Photos {
  items: Ref<Sending[]>
  /** Of those that have arrived. */
  ids: ComputedRef<number[]>
  /** Whether one is still on its way, or has failed and was not taken away. */
  unready: ComputedRef<boolean>
  /** Why not all that were chosen are there. */
  problem: Ref<string>
  add: (files: Iterable<File>) => void
  retry: (key: number) => void
  remove: (key: number) => void
  clear: () => void
}

export function usePhotos(http: Http): Photos {
  const items = ref<Sending[]>([])
  const problem = ref('')
  const files = new Map<number, File>()
  let last = 0

  function add(chosen: Iterable<File>): void {
    const pictures = [...chosen].filter((file) => file.type.startsWith('image/'))
    const room = PHOTOS_MAX - items.value.length
    problem.value = pictures.length > room ? `一次最多 ${PHOTOS_MAX} 张照片` : ''
    for (const file of pictures.slice(0, room)) {
      files.set(++last, file)
      items.value.push({ key: last, name: file.name, state: 'sending', photo: null, problem: '' })
      void send(last)
    }
  }

  async function send(key: number): Promise<void> {
    change(key, { state: 'sending', problem: '' })
    try {
      const { body } = await http.post<Photo>('/api/photos', { body: files.get(key) })
      // The same bytes are the same photo: it is not there twice.
      if (items.value.some((one) => one.photo?.id === body.id)) return remove(key)
      change(key, { state: 'sent', photo: body })
    } catch (error) {
      change(key, { state: 'failed', problem: error instanceof HttpError ? error.message : '没有发出，请重试' })
    }
  }

  function change(key: number, to: Partial<Sending>): void {
    items.value = items.value.map((one) => (one.key === key ? { ...one, ...to } : one))
  }

  function remove(key: number): void {
    files.delete(key)
    items.value = items.value.filter((one) => one.key !== key)
    problem.value = ''
  }

  function clear(): void {
    files.clear()
    items.value = []
    problem.value = ''
  }

  return {
    items,
    ids: computed(() => items.value.flatMap((one) => (one.photo ? [one.photo.id] : []))),
    unready: computed(() => items.value.some((one) => one.state !== 'sent')),
    problem,
    add,
    retry: (key) => void send(key),
    remove,
    clear,
  }
}
