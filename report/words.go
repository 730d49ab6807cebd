package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Words returns a part of a configuration, JSON, as people read it: an object as its name
// and its fields, {"name":"cosine","start":0.01} as "cosine, start 0.01"; of a truth value the
// key alone; a list with its items' numbers if they are objects. Text that is no JSON stays as
// it is.
func Words(text []byte) string {
	if !json.Valid(text) { // which also bounds its depth
		return string(text)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // digits as they are
	words, err := value(d)
	if err != nil {
		return string(text)
	}
	return words
}

// value reads one value.
func value(d *json.Decoder) (string, error) {
	token, err := d.Token()
	if err != nil {
		return "", err
	}
	var parts []string
	switch token {
	case json.Delim('{'):
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return "", err
			}
			v, err := value(d)
			if err != nil {
				return "", err
			}
			name := strings.ReplaceAll(key.(string), "_", " ")
			switch {
			case key == "name":
				name = v
			case v == "yes":
			default:
				name += " " + v
			}
			parts = append(parts, name)
		}
		_, err = d.Token()
		return strings.Join(parts, ", "), err
	case json.Delim('['):
		between := ", "
		for i := 0; d.More(); i++ {
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				return "", err
			}
			item := Words(raw)
			if raw[0] == '{' {
				between, item = "; ", fmt.Sprintf("%d: %s", i, orNothing(item))
			}
			parts = append(parts, item)
		}
		_, err = d.Token()
		return strings.Join(parts, between), err
	case true:
		return "yes", nil
	case false:
		return "no", nil
	case nil:
		return "none", nil
	}
	return fmt.Sprint(token), nil
}

func orNothing(words string) string {
	if words == "" {
		return "as all"
	}
	return words
}
