// The way of all product kernels for amd64 through a panel: from tile to tile down the rows,
// and from group to group of columns. DI is the panel, AX the rows of this tile; BX is lost.

// Where the next tile begins, and the rows left.
#define nextA (panel_room+0)
#define nextStart (panel_room+8)
#define nextGate (panel_room+16)
#define nextC (panel_room+24)
#define left (panel_room+32)

// PICK sets AX to the rows of the next tile.
#define PICK \
	MOVQ    panel_rows(DI), AX \
	CMPQ    AX, left(DI)       \
	CMOVQGT left(DI), AX

// TILEDONE moves on by the AX rows of a tile; the flags say whether rows are left.
#define TILEDONE \
	MOVQ  panel_ars(DI), BX \
	IMULQ AX, BX            \
	ADDQ  BX, nextA(DI)     \
	MOVQ  panel_lds(DI), BX \
	IMULQ AX, BX            \
	ADDQ  BX, nextStart(DI) \
	MOVQ  panel_ldg(DI), BX \
	IMULQ AX, BX            \
	ADDQ  BX, nextGate(DI)  \
	MOVQ  panel_ldc(DI), BX \
	IMULQ AX, BX            \
	ADDQ  BX, nextC(DI)     \
	SUBQ  AX, left(DI)

// ADVANCE goes on to the tile below, or past the jump if there is none.
#define ADVANCE(again) \
	TILEDONE   \
	JNZ  again \
	VZEROUPPER \
	RET

// Where the next group of columns begins, and the columns left.
#define groupB (panel_room+40)
#define groupStart (panel_room+48)
#define groupGate (panel_room+56)
#define groupC (panel_room+64)
#define columns (panel_room+72)

// OPENGROUPS starts at the first group.
#define OPENGROUPS \
	MOVQ panel_b(DI), AX     \
	MOVQ AX, groupB(DI)      \
	MOVQ panel_start(DI), AX \
	MOVQ AX, groupStart(DI)  \
	MOVQ panel_gate(DI), AX  \
	MOVQ AX, groupGate(DI)   \
	MOVQ panel_c(DI), AX     \
	MOVQ AX, groupC(DI)      \
	MOVQ panel_cols(DI), AX  \
	MOVQ AX, columns(DI)

// TOP goes to the first row of the group.
#define TOP \
	MOVQ panel_a(DI), AX    \
	MOVQ AX, nextA(DI)      \
	MOVQ groupStart(DI), AX \
	MOVQ AX, nextStart(DI)  \
	MOVQ groupGate(DI), AX  \
	MOVQ AX, nextGate(DI)   \
	MOVQ groupC(DI), AX     \
	MOVQ AX, nextC(DI)      \
	MOVQ panel_m(DI), AX    \
	MOVQ AX, left(DI)

// NEXTGROUP goes on to the next group of n columns, or past the jump if there is none.
#define NEXTGROUP(n, again) \
	MOVQ  R12, BX               \
	IMULQ $n, BX                \
	ADDQ  BX, groupB(DI)        \
	MOVQ  panel_scs(DI), BX     \
	IMULQ $n, BX                \
	ADDQ  BX, groupStart(DI)    \
	ADDQ  $(4*n), groupGate(DI) \
	ADDQ  $(4*n), groupC(DI)    \
	SUBQ  $n, columns(DI)       \
	JNZ   again                 \
	VZEROUPPER                  \
	RET
