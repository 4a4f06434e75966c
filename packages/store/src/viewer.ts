/** Who asks: a client sees what is its own, an administrator sees all. Every query of clients' data takes one. */
export type Viewer = { readonly clientId: string; readonly admin: boolean };

/** Whether the viewer may see what belongs to this client. */
export function mayLookAt(viewer: Viewer, clientId: string): boolean {
  return viewer.admin || viewer.clientId === clientId;
}

/** The client whose data the viewer may see, null when that is all of them: a parameter of every query. */
export function visibleClient(viewer: Viewer): string | null {
  return viewer.admin ? null : viewer.clientId;
}

/** The jobs a viewer may see, as the ORM puts it: those of its own customers, whoever sent them. */
export function visibleTo(viewer: Viewer): { ownerId?: string } {
  return viewer.admin ? {} : { ownerId: viewer.clientId };
}
