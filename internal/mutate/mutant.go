package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// mutant is one change: at a byte of a file, from becomes to.
type mutant struct {
	file     string
	tests    []string
	line, at int
	from, to string
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: %q -> %q", m.file, m.line, m.from, m.to)
}

// otherInstruction is an instruction of the same form for another; only what must show in
// results, not what may be a matter of speed.
var otherInstruction = pairs(
	"VADDPS", "VSUBPS", "VADDPD", "VSUBPD", "VMULPS", "VADDPS", "VMULPD", "VADDPD", "VDIVPS", "VMULPS",
	"VMAXPS", "VMINPS", "VANDPS", "VORPS", "VFMADD231PS", "VFNMADD231PS", "VFMADD213PS", "VFMADD231PS",
	"VFNMADD231PS", "VFMADD231PS", "VFMSUB213PS", "VFMADD213PS", "VPADDD", "VPSUBD", "VPANDD", "VPORD",
	"VPMAXSD", "VPMINSD", "VPSLLD", "VPSRLD", "VUNPCKLPS", "VUNPCKHPS", "VADDSS", "VSUBSS", "VADDSD", "VSUBSD",
	"ADDQ", "SUBQ", "INCQ", "DECQ", "SHLQ", "SHRQ", "JB", "JBE", "JAE", "JA", "JEQ", "JNE", "JZ", "JNZ", "JLT", "JLE", "JGE", "JGT",
	"SETEQ", "SETNE", "CMOVLHI", "CMOVLLS", "CMOVQGT", "CMOVQLE",
	"VFADD_S4", "VFSUB_S4", "VFMUL_S4", "VFADD_S4", "VFDIV_S4", "VFMUL_S4", "VFMAX_S4", "VFMIN_S4", "VFMLA", "VFMLS",
	"VFMLA_S4", "VFMLS_S4", "VFMLA_S4E", "VFMLS_S4E", "VFADD_D2", "VFSUB_D2", "VFMUL_D2", "VFADD_D2", "VFCMGE_S4", "VFCMGT_S4",
	"VBIT_B16", "VBIF_B16", "VTRN1", "VTRN2", "VUZP1", "VUZP2", "VZIP1", "VZIP2", "ADD", "SUB", "ADDS", "SUBS", "LSL", "LSR",
	"BLT", "BLE", "BGE", "BGT", "BEQ", "BNE", "TBZ", "TBNZ", "CBZ", "CBNZ",
)

func pairs(names ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(names); i += 2 {
		if m[names[i]] == "" {
			m[names[i]] = names[i+1]
		}
		if m[names[i+1]] == "" {
			m[names[i+1]] = names[i]
		}
	}
	return m
}

var (
	asmInstruction = regexp.MustCompile(`^\s+([A-Z][A-Z0-9_]+)(?:\.[A-Z.]+)?([\s(].*)?$`)
	asmImmediate   = regexp.MustCompile(`\$(0x[0-9a-fA-F]+|\d+)\b`)
	asmOffset      = regexp.MustCompile(`[\s,(](\d+)\((?:[A-Z]+\d*)\)`)
)

// assembly returns the mutants of a file of assembly: another instruction, an immediate
// or an offset that is off by one, an instruction or a macro left out.
func assembly(source string) []mutant {
	var all []mutant
	at := 0
	for i, line := range strings.SplitAfter(source, "\n") {
		add := func(offset int, from, to string) {
			all = append(all, mutant{line: i + 1, at: at + offset, from: from, to: to})
		}
		code, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "//")
		m := asmInstruction.FindStringSubmatchIndex(code)
		if m == nil || strings.HasPrefix(line, "DATA") || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "TEXT") {
			at += len(line)
			continue
		}
		name := code[m[2]:m[3]]
		if name == "DATA" || name == "PREFETCHT0" || name == "PCALIGN" {
			at += len(line)
			continue
		}
		if other := otherInstruction[name]; other != "" {
			add(m[2], name, other)
		}
		if m[4] < 0 {
			m[4], m[5] = m[1], m[1]
		}
		operands := strings.TrimRight(code[m[4]:m[5]], " \t\\;")
		for _, o := range asmImmediate.FindAllStringSubmatchIndex(operands, -1) {
			value := operands[o[2]:o[3]]
			if n, err := strconv.ParseUint(value, 0, 64); err == nil {
				add(m[4]+o[2], value, strconv.FormatUint(n+1, 10))
			}
		}
		for _, o := range asmOffset.FindAllStringSubmatchIndex(operands, -1) {
			value := operands[o[2]:o[3]]
			if n, err := strconv.Atoi(value); err == nil {
				add(m[4]+o[2], value, strconv.Itoa(n+4))
			}
		}
		isMacro := strings.HasPrefix(operands, "(")
		if end := m[4] + len(operands); isMacro || name[0] == 'V' || name[0] == 'F' || otherInstruction[name] != "" {
			add(m[2], code[m[2]:end], "")
		}
		at += len(line)
	}
	return all
}

var otherOperator = map[token.Token]string{
	token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.EQL: "!=", token.NEQ: "==", token.LAND: "||", token.LOR: "&&", token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+=", token.MUL_ASSIGN: "/=",
}

// goCode returns the mutants of a Go file: another operator, an integer that is off by
// one, a condition that is the opposite, a call or an assignment left out.
func goCode(source string) []mutant {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	var all []mutant
	add := func(pos token.Pos, from, to string) {
		p := set.Position(pos)
		all = append(all, mutant{line: p.Line, at: p.Offset, from: from, to: to})
	}
	text := func(n ast.Node) string {
		return source[set.Position(n.Pos()).Offset:set.Position(n.End()).Offset]
	}
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if to := otherOperator[n.Op]; to != "" {
					add(n.OpPos, n.Op.String(), to)
				}
			case *ast.AssignStmt:
				if to := otherOperator[n.Tok]; to != "" {
					add(n.TokPos, n.Tok.String(), to)
				}
				if n.Tok != token.DEFINE {
					add(n.Pos(), text(n), "")
				}
			case *ast.ExprStmt:
				add(n.Pos(), text(n), "")
			case *ast.IfStmt:
				add(n.Cond.Pos(), text(n.Cond), "!("+text(n.Cond)+")")
			case *ast.BasicLit:
				if v, err := strconv.Atoi(n.Value); err == nil && n.Kind == token.INT {
					add(n.Pos(), n.Value, strconv.Itoa(v+1))
				}
			}
			return true
		})
	}
	return all
}
