package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) attachmentCommand() *cobra.Command {
	return group(&cobra.Command{Use: "attachment", Short: "put files into the node, and take those of statements out of it"},
		a.attachmentPutCommand(), a.attachmentGetCommand())
}

func (a *app) attachmentPutCommand() *cobra.Command {
	format := tableFormat
	var mediaType string
	cmd := &cobra.Command{
		Use:   "put FILE",
		Short: "upload a file, for a statement that will name it",
		Long: `Put uploads a file of at most 32 MiB and prints what to write into the
attachments of a statement. The node removes a file that no statement names
within its time, three days by default. To upload and issue at once, use
spsctl case issue --attach.

PDF, PNG, JPEG, TIFF, CSV, text, XML, XLSX and DOCX may be attached. The type is
told from the name of the file, or by --type; the node looks at the bytes, too.`,
		Example: `  spsctl attachment put report.pdf
  spsctl attachment put results.txt --type text/csv -o json`,
		Args: cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			answer, err := upload(ctx, node, args[0], mediaType)
			if err != nil {
				return err
			}
			if format != tableFormat {
				return write(a.out, format, answer)
			}
			at := answer.GetAttachment()
			_, err = fmt.Fprintf(a.out, "attachments:\n- id: a1\n  sha256: %s\n  mediaType: %s\n  sizeBytes: %d\n  filename: %q\n",
				base64.StdEncoding.EncodeToString(at.GetSha256()), at.GetMediaType(), at.GetSizeBytes(), at.GetFilename())
			fmt.Fprintf(a.err, "kept until %s unless a statement names it\n", when(answer.GetExpireTime()))
			return err
		}),
	}
	cmd.Flags().StringVar(&mediaType, "type", "", "media type, such as application/pdf (default by the name of the file)")
	outputFlag(cmd, &format)
	return cmd
}

// upload puts a file into the node.
func upload(ctx context.Context, node *client.Client, path, mediaType string) (*spsv1.UploadAttachmentResponse, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > 32<<20 {
		return nil, invalidError{fmt.Errorf("%s has %d bytes: a file may have at most 32 MiB", path, info.Size())}
	}
	if mediaType == "" {
		if mediaType, err = typeOf(f, path); err != nil {
			return nil, err
		}
	}
	answer, err := node.Upload(ctx, &spsv1.UploadHeader{
		MediaType: mediaType, Filename: filepath.Base(path), SizeBytes: uint64(info.Size()),
	}, f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return answer, nil
}

// types are the media types of names whose types systems do not agree about.
var types = map[string]string{
	".csv": "text/csv", ".txt": "text/plain", ".xml": "application/xml", ".tif": "image/tiff", ".tiff": "image/tiff",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}

// typeOf tells the media type of a file from its name, and else from its first
// bytes.
func typeOf(f io.ReadSeeker, path string) (string, error) {
	ext := strings.ToLower(filepath.Ext(path))
	known := types[ext]
	if known == "" {
		known = mime.TypeByExtension(ext)
	}
	if known == "" {
		head := make([]byte, 512)
		n, err := f.Read(head)
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return "", err
		}
		known = http.DetectContentType(head[:n])
	}
	name, _, _ := strings.Cut(known, ";")
	return name, nil
}

// attach uploads files and lets a statement name them.
func attach(ctx context.Context, node *client.Client, s *spsv1.Statement, paths []string) error {
	used := make(map[string]bool)
	for _, at := range s.GetAttachments() {
		used[at.GetId()] = true
	}
	for _, path := range paths {
		answer, err := upload(ctx, node, path, "")
		if err != nil {
			return err
		}
		at := answer.GetAttachment()
		for i := 1; at.GetId() == "" || used[at.GetId()]; i++ {
			at.Id = fmt.Sprintf("a%d", i)
		}
		used[at.GetId()] = true
		s.Attachments = append(s.Attachments, at)
	}
	return nil
}

func (a *app) attachmentGetCommand() *cobra.Command {
	var file string
	var force bool
	cmd := &cobra.Command{
		Use:   "get REFERENCE | NAME [ID]",
		Short: "download a file that a statement names",
		Long: `Get writes a file that a statement names, and compares its bytes with the digest
that the statement was signed with. The files of a statement, their ids and
whether they have arrived are in: spsctl case get. Without an id, the statement
names one file only.`,
		Example: `  spsctl attachment get VN-2026-000123
  spsctl attachment get VN-2026-000123 a2 --file report.pdf
  spsctl attachment get offices/VN/statements/1-42 a1 --file -`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeReferences,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			var s *spsv1.IssuedStatement
			var err error
			if strings.HasPrefix(args[0], "offices/") {
				s, err = node.Statement(ctx, args[0])
			} else {
				s, err = statementOf(ctx, node, strings.ToUpper(args[0]))
			}
			if err != nil {
				return err
			}
			id := ""
			if len(args) == 2 {
				id = args[1]
			}
			at, err := fileOf(s.GetReference(), s.GetStatement().GetAttachments(), id)
			if err != nil {
				return err
			}
			return a.saveAttachment(ctx, node, s.GetName()+"/attachments/"+at.GetId(), at, file, force)
		}),
	}
	f := cmd.Flags()
	f.StringVarP(&file, "file", "f", "", `file to write, "-" for standard output (default the name of the file, here)`)
	f.BoolVar(&force, "force", false, "replace the file if it is there")
	return cmd
}

// fileOf returns the file of an id, or the only one, of those that something names.
func fileOf(what string, all []*spsv1.Attachment, id string) (*spsv1.Attachment, error) {
	if id == "" && len(all) == 1 {
		return all[0], nil
	}
	var ids []string
	for _, at := range all {
		if at.GetId() == id {
			return at, nil
		}
		ids = append(ids, printable(at.GetId()))
	}
	if len(ids) == 0 {
		return nil, usageError{fmt.Errorf("%s names no file", what)}
	}
	return nil, usageError{fmt.Errorf("%s names the files %s: say which", what, strings.Join(ids, ", "))}
}

// saveAttachment downloads into memory, at most 32 MiB, so that a file whose
// bytes are not those that were named is never written.
func (a *app) saveAttachment(ctx context.Context, node *client.Client, name string, at *spsv1.Attachment, file string, force bool) error {
	var content bytes.Buffer
	if _, err := node.Download(ctx, name, 0, &content); err != nil {
		return err
	}
	if sum := sha256.Sum256(content.Bytes()); !bytes.Equal(sum[:], at.GetSha256()) {
		return fmt.Errorf("the node sent bytes with the digest %x; what was asked for has %x", sum, at.GetSha256())
	}
	if file == "-" {
		_, err := a.out.Write(content.Bytes())
		return err
	}
	if file == "" { // a name of somebody else's choice
		file = strings.TrimLeft(printable(filepath.Base(strings.ReplaceAll(at.GetFilename(), `\`, "/"))), ".-")
	}
	if file == "" || file == "/" {
		return usageError{errors.New("name the file with --file")}
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	out, err := os.OpenFile(file, flags, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(content.Bytes())
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "wrote %s (%s), with the digest that was named\n", file, bytesWords(uint64(content.Len())))
	return nil
}

// attachmentWords says what a file is, and whether it is here.
func attachmentWords(at *spsv1.Attachment, st *spsv1.AttachmentStatus) string {
	here := "held here"
	if !st.GetHeld() {
		here = fmt.Sprintf("not here yet, %s have come", bytesWords(st.GetHeldBytes()))
	}
	return fmt.Sprintf("%s, %s, %s, %s", at.GetFilename(), at.GetMediaType(), bytesWords(at.GetSizeBytes()), here)
}

// bytesWords writes a size for people.
func bytesWords(n uint64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}
