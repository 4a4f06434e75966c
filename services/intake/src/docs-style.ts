import { createHash } from 'node:crypto';

/** The style of the page, within the page. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5b6475; --paper: #fbfbfd; --card: #fff; --line: #e1e5ec; --link: #1f5fbf; --get: #1c7c54; --post: #1f5fbf; --put: #8a5a00; --delete: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9f0; --soft: #9aa4b8; --paper: #12151c; --card: #1a1f29; --line: #2c3342; --link: #8ab4f8; --get: #5fcf9a; --post: #8ab4f8; --put: #e5b567; --delete: #f28b82; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); font-size: .9rem; }
nav h2 { font-size: .75rem; text-transform: uppercase; letter-spacing: .06em; color: var(--soft); margin: 1.2rem 0 .3rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .15rem .4rem; text-decoration: none; color: inherit; overflow-wrap: anywhere; }
nav a:hover { background: var(--line); border-radius: 4px; }
main { padding: 2rem clamp(1rem, 4vw, 3rem); max-width: 62rem; min-width: 0; }
h1 { margin-top: 0; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; margin: 1rem 0; }
article h3 { margin: 0 0 .4rem; font-size: 1rem; overflow-wrap: anywhere; }
.method { font: 700 .75rem ui-monospace, monospace; padding: .15rem .5rem; border-radius: 5px; border: 1px solid currentColor; margin-right: .5rem; color: var(--put); }
.get { color: var(--get); } .post { color: var(--post); } .delete { color: var(--delete); }
h4 { margin: 1rem 0 .3rem; font-size: .85rem; color: var(--soft); }
summary { cursor: pointer; padding: .25rem 0; }
pre { overflow-x: auto; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: .75rem; font: .82rem/1.5 ui-monospace, monospace; }
code { font-family: ui-monospace, monospace; font-size: .88em; }
dl { margin: 0; } dt { margin-top: .4rem; } dd { margin: 0 0 0 1rem; color: var(--soft); }
.soft { color: var(--soft); }
.table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; } td, th { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); } }
`;

/** What a content security policy says of this style and no other. */
export const styleSource = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;
