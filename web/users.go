package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"requin/disk"
)

// UsersFile is the name of the file of users in a survey's folder.
const UsersFile = "users.json"

const usersSchema = "requin.users/1"

// Argon2id's second recommended setting (RFC 9106, section 4): 3 passes over 64 MiB in 4 lanes.
const (
	passes, memoryKiB, lanes = 3, 64 << 10, 4
	saltBytes, hashBytes     = 16, 32
)

// Users are those who may log in.
type Users struct {
	users []user
	one   chan struct{} // a password is tried one at a time: each takes 64 MiB
}

type user struct {
	Name string `json:"name"`
	Hash string `json:"argon2id"` // as the reference implementation writes it: $argon2id$v=19$m=...,t=...,p=...$salt$hash
}

type usersFile struct {
	Schema string `json:"schema"`
	Users  []user `json:"users"`
}

// LoadUsers reads the file; nobody where there is none.
func LoadUsers(path string) (*Users, error) {
	u := &Users{one: make(chan struct{}, 1)}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return u, nil
	}
	if err != nil {
		return nil, err
	}
	var f usersFile
	if err := json.Unmarshal(text, &f); err != nil || f.Schema != usersSchema {
		return nil, fmt.Errorf("%s is no file of users (%v): delete it and add them anew with requin review user add NAME", path, err)
	}
	for _, x := range f.Users {
		if _, err := parseHash(x.Hash); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, x.Name, err)
		}
	}
	u.users = f.Users
	return u, nil
}

// Names are the users, in the order in which they were added.
func (u *Users) Names() []string {
	var out []string
	for _, x := range u.users {
		out = append(out, x.Name)
	}
	return out
}

// Put adds a user, or gives one another password, and writes the file. Only its owner may read it.
func (u *Users) Put(path, name, password string) error {
	switch {
	case name == "" || len(name) > 64 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || strings.TrimSpace(name) != name:
		return fmt.Errorf("%q cannot be a name: give up to 64 letters", name)
	case utf8.RuneCountInString(password) < 10:
		return errors.New("the password is too short: give at least 10 characters, for example four words")
	case len(password) > 1000:
		return errors.New("the password is longer than 1000 bytes")
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	h := hash{memory: memoryKiB, passes: passes, lanes: lanes, salt: salt, sum: make([]byte, hashBytes)}
	h.sum = h.of(password)
	x := user{name, h.String()}
	if i := slices.IndexFunc(u.users, func(o user) bool { return o.Name == name }); i >= 0 {
		u.users[i] = x
	} else {
		u.users = append(u.users, x)
	}
	return u.write(path)
}

// Remove takes a user out and writes the file.
func (u *Users) Remove(path, name string) error {
	n := len(u.users)
	u.users = slices.DeleteFunc(u.users, func(x user) bool { return x.Name == name })
	if len(u.users) == n {
		return fmt.Errorf("there is no user %q", name)
	}
	return u.write(path)
}

func (u *Users) write(path string) error {
	return disk.WriteSecret(path, func(w io.Writer) error {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(usersFile{usersSchema, u.users})
	})
}

// Verify tells whether a password is the user's. It takes as long where there is no such user.
func (u *Users) Verify(name, password string) bool {
	u.one <- struct{}{}
	defer func() { <-u.one }()
	if len(password) > 1000 {
		return false
	}
	h := hash{memory: memoryKiB, passes: passes, lanes: lanes, salt: make([]byte, saltBytes), sum: make([]byte, hashBytes)}
	known := false
	for _, x := range u.users {
		if x.Name == name {
			if parsed, err := parseHash(x.Hash); err == nil {
				h, known = parsed, true
			}
		}
	}
	return subtle.ConstantTimeCompare(h.of(password), h.sum) == 1 && known
}

// hash is a password's hash and how it was made.
type hash struct {
	memory, passes uint32
	lanes          uint8
	salt, sum      []byte
}

func (h hash) of(password string) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.lanes, uint32(len(h.sum)))
}

func (h hash) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.passes, h.lanes, b64(h.salt), b64(h.sum))
}

// parseHash reads a hash. What would take more than 1 GiB or 20 passes is refused: it is not ours.
func parseHash(s string) (h hash, err error) {
	var version int
	parts := strings.Split(s, "$")
	bad := errors.New("its password's hash cannot be read: add the user anew with requin review user add")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return h, bad
	}
	if n, err := fmt.Sscanf(parts[2], "v=%d", &version); n != 1 || err != nil || version != argon2.Version {
		return h, bad
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.lanes); n != 3 || err != nil ||
		h.memory < 8 || h.memory > 1<<20 || h.passes < 1 || h.passes > 20 || h.lanes < 1 {
		return h, bad
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	h.sum, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(h.salt) < 8 || len(h.sum) < 16 || len(h.sum) > 128 {
		return h, bad
	}
	return h, nil
}
