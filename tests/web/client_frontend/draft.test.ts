import { expect, test } from 'vitest'
import { firstAnswers, known } from '@/stores/draft'
import type { OptionCard } from '@/api/types'

const choice = (key: string) => ({ key, name: key, price_fen: 0, extra_s: 0, staff: 0 })
const option = (key: string, kind: OptionCard['kind'], over: Partial<OptionCard> = {}): OptionCard => ({
  key,
  name: key,
  kind,
  required: false,
  choices: ['a', 'b', 'c'].map(choice),
  unit: '台',
  least: 1,
  most: 3,
  included: 1,
  price_fen: 0,
  extra_s: 0,
  ...over,
})

test('what has to be answered is, with the first or the least', () => {
  const options = (['one', 'some', 'count'] as const).map((kind) => option(kind, kind, { required: true }))
  expect(firstAnswers([...options, option('free', 'one')])).toEqual({ one: 'a', some: ['a'], count: 1 })
})

test('of kept answers those are left that there still are', () => {
  const options = [option('one', 'one'), option('some', 'some'), option('count', 'count')]
  expect(known({ one: 'z', some: ['b', 'z'], count: 9, gone: 'a' }, options)).toEqual({ some: ['b'], count: 3 })
  expect(known({ one: 'c', some: ['z'], count: 0 }, options)).toEqual({ one: 'c', count: 1 })
  // Its kind is another one now.
  expect(known({ one: ['a'], some: 'a', count: 'a' }, options)).toEqual({})
})
