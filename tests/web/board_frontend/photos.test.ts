import { expect, test, vi } from 'vitest'
import { type Http, HttpError } from '@/http'
import type { Photo } from '@/orderDetail'
import { PHOTOS_MAX, usePhotos } from '@/photos'

const photo = (id: number): Photo => ({ id, width: 4, height: 3, large: '', small: '' })
const file = (name: string, type = 'image/jpeg'): File => new File(['x'], name, { type })
const settled = (): Promise<void> => new Promise((done) => setTimeout(done))

function answering(...answers: (Photo | HttpError)[]): Http {
  const post = vi.fn(async () => {
    const answer = answers.shift()
    if (answer instanceof HttpError) throw answer
    return { status: 201, body: answer }
  })
  return { post } as unknown as Http
}

test('a photo is sent as soon as it is chosen, and named once it has arrived', async () => {
  const photos = usePhotos(answering(photo(7)))
  photos.add([file('a.jpg'), file('notes.txt', 'text/plain')])
  expect([photos.unready.value, photos.ids.value]).toEqual([true, []])
  await settled()
  expect([photos.unready.value, photos.ids.value]).toEqual([false, [7]])
})

test('one that failed says why, and can be sent again or taken away', async () => {
  const photos = usePhotos(answering(new HttpError(0, 'offline', '网络不通'), photo(7), new HttpError(422, 'photo_too_large', '图片太大')))
  photos.add([file('a.jpg')])
  await settled()
  expect(photos.items.value[0]).toMatchObject({ state: 'failed', problem: '网络不通' })
  photos.retry(1)
  await settled()
  expect(photos.ids.value).toEqual([7])
  photos.add([file('b.jpg')])
  await settled()
  expect(photos.unready.value).toBe(true)
  photos.remove(2)
  expect([photos.unready.value, photos.ids.value]).toEqual([false, [7]])
})

test('the same picture twice is there once, and more than fit are left out', async () => {
  const photos = usePhotos(answering(...[1, 1, 2, 3, 4, 5, 6, 7, 8].map(photo)))
  photos.add([file('a.jpg'), file('a.jpg')])
  await settled()
  expect(photos.ids.value).toEqual([1])
  photos.add(Array.from({ length: PHOTOS_MAX }, (_, at) => file(`${at}.jpg`)))
  expect([photos.items.value.length, photos.problem.value]).toEqual([PHOTOS_MAX, '一次最多 9 张照片'])
})
