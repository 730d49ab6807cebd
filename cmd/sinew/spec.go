package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/sinew-ml/sinew/train"
)

// A spec is how a flag writes an object with a name: NAME, NAME:VALUE or
// NAME:VALUE,KEY=VALUE,KEY. The first VALUE stands for the key that the name has for it,
// a KEY alone for true. It becomes the JSON of a configuration file, so that a flag
// takes what a file does and the library says what is wrong with it.

// specJSON turns a spec into JSON. first is the key of a first value by name.
func specJSON(spec string, first map[string]string) ([]byte, error) {
	name, rest, _ := strings.Cut(spec, ":")
	name = strings.TrimSpace(name)
	fields := map[string]any{"name": name}
	if rest == "" {
		return json.Marshal(fields)
	}
	for i, part := range strings.Split(rest, ",") {
		key, value, given := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		if _, err := strconv.ParseFloat(key, 64); err == nil && !given && i == 0 {
			if first[name] == "" {
				return nil, fmt.Errorf("%q: %s takes no value of its own: want options as %s:KEY=VALUE", spec, name, name)
			}
			key, value, given = first[name], key, true
		}
		if key == "" {
			return nil, fmt.Errorf("%q: want NAME:VALUE,KEY=VALUE", spec)
		}
		if _, twice := fields[key]; twice {
			return nil, fmt.Errorf("%q: %s is given twice", spec, key)
		}
		if !given {
			fields[key] = true
			continue
		}
		fields[key] = jsonValue(strings.TrimSpace(value))
	}
	return json.Marshal(fields)
}

// jsonValue is the number or truth value that a text stands for, or the text.
func jsonValue(text string) any {
	if v, err := strconv.ParseBool(text); err == nil && (text == "true" || text == "false") {
		return v
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil && v-v == 0 {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return i
		}
		if v == float64(int64(v)) && v < 1e15 && v > -1e15 {
			return int64(v) // 1e4 for a number of steps
		}
		return v
	}
	return text
}

// parseOptimizer reads --optimizer.
func parseOptimizer(spec string) (train.Optimizer, error) {
	text, err := specJSON(spec, nil)
	if err != nil {
		return nil, err
	}
	var c train.Config
	err = json.Unmarshal(fmt.Appendf(nil, `{"optimizer":%s}`, text), &c)
	return c.Optimizer, inner(err)
}

// rateKeys are the keys of a schedule's first value.
var rateKeys = map[string]string{
	"constant": "rate", "step": "start", "exponential": "start", "cosine": "start", "one-cycle": "peak", "plateau": "start",
}

// parseRate reads --rate: a number or a schedule.
func parseRate(spec string) (train.Schedule, error) {
	if v, err := strconv.ParseFloat(spec, 64); err == nil {
		if !(v > 0 && v <= 3.4e38) {
			return nil, fmt.Errorf("%s: want a finite number above 0", spec)
		}
		return train.Constant(v), nil
	}
	name, _, _ := strings.Cut(spec, ":")
	if rateKeys[name] == "" {
		return nil, fmt.Errorf("%q: want a number above 0 or a schedule, NAME:VALUE,KEY=VALUE: %s",
			spec, strings.Join(slices.Sorted(maps.Keys(rateKeys)), ", "))
	}
	text, err := specJSON(spec, rateKeys)
	if err != nil {
		return nil, err
	}
	var c train.Config
	if err := json.Unmarshal(fmt.Appendf(nil, `{"learn_rate":%s}`, text), &c); err != nil {
		return nil, inner(err)
	}
	if r := c.LearnRate.Rate(0); !(r > 0 && r <= 3.4e38) {
		return nil, fmt.Errorf("%q: the first rate is %g: want a finite number above 0, as in %s:0.001", spec, r, name)
	}
	return c.LearnRate, nil
}

// inner removes what the library says about where an error was: a flag says it better.
func inner(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		want := "a number"
		switch e.Type.Kind() {
		case reflect.Bool:
			want = "true or false"
		case reflect.Int:
			want = "a whole number"
		}
		return fmt.Errorf("%s is a %s: want %s", e.Field, e.Value, want)
	}
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "train: configuration: "))
}

// splitList returns the parts of a list, without the space around them; nil for "".
func splitList(list string) []string {
	if strings.TrimSpace(list) == "" {
		return nil
	}
	parts := strings.Split(list, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// parseInts reads a list of numbers of at least least.
func parseInts(flag, list string, least int, what string) ([]int, error) {
	var all []int
	for _, field := range splitList(list) {
		n, err := strconv.Atoi(field)
		if err != nil || n < least {
			return nil, usage("--%s %q: %q is not a %s, want a list such as 128,64 of numbers of at least %d", flag, list, field, what, least)
		}
		all = append(all, n)
	}
	return all, nil
}

// parseFloats reads a list of numbers.
func parseFloats(flag, list string) ([]float64, error) {
	var all []float64
	for _, field := range splitList(list) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil || v-v != 0 {
			return nil, usage("--%s %q: %q is not a number, want a list such as 0.2,0.5", flag, list, field)
		}
		all = append(all, v)
	}
	return all, nil
}
