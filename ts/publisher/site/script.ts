/**
 * What JavaScript adds to the pages: search, copy buttons, and the address in the line that adds the repository. Without it
 * everything can be read.
 */
export const script = `'use strict'
const all = (selector) => [...document.querySelectorAll(selector)]

function setUpAddress() {
  const base = location.href.replace(/[?#].*$/, '').replace(/\\/[^/]*$/, '')
  for (const place of all('[data-address]')) place.textContent = base
  for (const note of all('[data-without-script]')) note.hidden = true
}

async function copyText(text) {
  if (navigator.clipboard !== undefined) return await navigator.clipboard.writeText(text)
  // Pages that came unencrypted have no clipboard of their own.
  const field = document.createElement('textarea')
  field.value = text
  document.body.append(field)
  field.select()
  const copied = document.execCommand('copy')
  field.remove()
  if (!copied) throw new Error('refused')
}

function setUpCopying() {
  for (const button of all('[data-copy]')) {
    button.hidden = false
    button.addEventListener('click', async () => {
      const text = button.parentElement.querySelector('code').textContent
      try {
        await copyText(text)
        button.textContent = 'Copied'
        button.classList.add('done')
      } catch {
        button.textContent = 'Select it'
        getSelection().selectAllChildren(button.parentElement.querySelector('code'))
      }
      setTimeout(() => {
        button.textContent = 'Copy'
        button.classList.remove('done')
      }, 2000)
    })
  }
}

/** Matches in the order of how well they fit: the name, its beginning, a part of it, the description. */
function rank(row, words) {
  let worst = 0
  for (const word of words) {
    const found = row.name.indexOf(word)
    const fit = row.name === word ? 0 : found === 0 ? 1 : found > 0 ? 2 : row.text.includes(word) ? 3 : 4
    if (fit === 4) return 4
    worst = Math.max(worst, fit)
  }
  return worst
}

const MOST = 200

function setUpSearch() {
  const form = document.querySelector('[data-search]')
  if (form === null) return
  const [field, status, list, results] = ['input', '[role=status]', '#all', '#results'].map((selector) =>
    (selector.startsWith('#') ? document : form).querySelector(selector),
  )
  let rows
  const readRows = () =>
    all('#all li').map((element) => ({
      element,
      name: element.querySelector('a').textContent.toLowerCase(),
      text: element.querySelector('p').textContent.toLowerCase(),
    }))
  const search = () => {
    const words = field.value.toLowerCase().split(/\\s+/).filter((word) => word !== '')
    list.hidden = words.length > 0
    results.hidden = words.length === 0
    if (words.length === 0) {
      status.textContent = ''
      results.replaceChildren()
      return
    }
    rows ??= readRows()
    const groups = [[], [], [], []]
    for (const row of rows) groups[rank(row, words)]?.push(row)
    const found = groups.flat()
    const shown = found.slice(0, MOST)
    results.replaceChildren(...shown.map(({ element }) => element.cloneNode(true)))
    const some = found.length > MOST ? ', the first ' + MOST + ' are shown' : ''
    status.textContent = found.length === 0 ? 'Nothing found' : found.length + ' of ' + rows.length + some
  }
  const remember = () => {
    const query = field.value.trim()
    try {
      history.replaceState(null, '', query === '' ? location.pathname : '?q=' + encodeURIComponent(query))
    } catch {
      // A page opened as a file has no address to change.
    }
  }
  form.hidden = false
  field.value = new URLSearchParams(location.search).get('q') ?? field.value
  search()
  field.addEventListener('input', () => {
    search()
    remember()
  })
  const links = () => [...results.querySelectorAll('a')]
  field.addEventListener('keydown', (event) => {
    const first = links()[0]
    if (event.key === 'Enter' && first !== undefined) first.click()
    else if (event.key === 'ArrowDown' && first !== undefined) first.focus()
    else if (event.key === 'Escape') {
      field.value = ''
      search()
      remember()
    } else return
    event.preventDefault()
  })
  results.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const place = links().indexOf(document.activeElement)
    if (step === undefined || place < 0) return
    event.preventDefault()
    ;(links()[place + step] ?? (step < 0 ? field : undefined))?.focus()
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target === field) return
    event.preventDefault()
    field.focus()
  })
}

setUpAddress()
setUpCopying()
setUpSearch()
`
