using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.DataPort;

/// <summary>Takes the bytes of a set of files as they come, in pieces of any length, and writes the files. Blocks on the disk. One caller at a time.</summary>
internal sealed class FileSetParser(string directory, FileSetLimits limits, IFileStore files)
{
    /// <summary>Files that may wait for their flush while others are received.</summary>
    private const int FlushesMax = 2;

    private readonly byte[] _head = new byte[Math.Max(FileSetFormat.SetBytes, FileSetFormat.FileBytes + FileSetFormat.NameBytesMax)];
    private readonly Queue<Task> _flushes = new();
    private readonly HashSet<FileSetFolder> _folders = [];
    private readonly XxHash3 _hash = new();
    private Func<ReadOnlyMemory<byte>, ValueTask<int>>? _step;
    private FileSetHead? _set;
    private IFile? _file;
    private int _headFilled;
    private int _filesSeen;
    private long _bytesSeen;
    private long _length;
    private long _position;

    /// <summary>Takes the next bytes.</summary>
    public async Task AcceptAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var taken = await (_step ??= TakeSetAsync)(bytes).ConfigureAwait(false);
            bytes = bytes[taken..];
        }
    }

    /// <summary>The stream has ended: everything must be here; it is made durable.</summary>
    public async Task<FileSetHead> FinishAsync()
    {
        if (_set is not { } set || _filesSeen != set.Files || _bytesSeen != set.Bytes || _file is not null || _headFilled > 0)
            throw FileSetFormat.Corrupt($"it ends after {_filesSeen} of {_set?.Files} files and {_bytesSeen} of {_set?.Bytes} bytes");
        while (_flushes.TryDequeue(out var flush))
            await flush.ConfigureAwait(false);
        foreach (var folder in _folders)
            files.SyncDirectory(FolderOf(folder));
        if (_folders.Count > 0)
            files.SyncDirectory(directory);
        return set;
    }

    /// <summary>Deletes what was made.</summary>
    public async Task AbandonAsync()
    {
        _file?.Dispose();
        _file = null;
        while (_flushes.TryDequeue(out var flush))
            await flush.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var folder in _folders)
            files.DeleteDirectory(FolderOf(folder));
    }

    private string FolderOf(FileSetFolder folder) => Path.Combine(directory, FileSetFormat.NameOf(folder));

    private ValueTask<int> TakeSetAsync(ReadOnlyMemory<byte> bytes)
    {
        if (!Collect(bytes.Span, FileSetFormat.SetBytes, out var taken))
            return ValueTask.FromResult(taken);
        var set = FileSetFormat.ReadSet(_head);
        if (set.Bytes > limits.BytesMax || set.Files > limits.FilesMax)
            throw new GridException(GridErrorCode.TooLarge, $"A set of {set.Files} files with {set.Bytes} bytes; at most {limits.FilesMax} files with {limits.BytesMax} bytes are legal.");
        files.CreateDirectory(directory);
        var free = new DriveInfo(directory).AvailableFreeSpace;
        if (set.Bytes > free - limits.FreeBytesKept)
            throw new GridException(GridErrorCode.StorageFailed,
                $"A set of files with {set.Bytes} bytes does not fit: {directory} has {free} bytes free and {limits.FreeBytesKept} must stay so. Make room, or use another disk.");
        _set = set;
        _step = TakeFileAsync;
        return ValueTask.FromResult(taken);
    }

    private async ValueTask<int> TakeFileAsync(ReadOnlyMemory<byte> bytes)
    {
        var wanted = _headFilled < FileSetFormat.FileBytes ? FileSetFormat.FileBytes : FileSetFormat.FileBytes + _head[1];
        if (!Collect(bytes.Span, wanted, out var taken, keep: true) || _headFilled < FileSetFormat.FileBytes + _head[1])
            return taken;
        _headFilled = 0;
        var folder = (FileSetFolder)_head[0];
        var name = _head.AsMemory(FileSetFormat.FileBytes, _head[1]);
        _length = BinaryPrimitives.ReadInt64LittleEndian(_head.AsSpan(2));
        if (!FileSetFormat.IsLegal(folder, name.Span))
            throw FileSetFormat.Corrupt($"folder {(byte)folder} cannot have a file named '{Encoding.Latin1.GetString(name.Span)}'");
        if (++_filesSeen > _set!.Value.Files || _length < 0 || _length > _set.Value.Bytes - _bytesSeen)
            throw FileSetFormat.Corrupt($"file {_filesSeen} of {_set.Value.Files} has {_length} bytes, and {_set.Value.Bytes - _bytesSeen} are left");
        if (_folders.Add(folder))
            files.CreateDirectory(FolderOf(folder));
        if (_flushes.Count >= FlushesMax)
            await _flushes.Dequeue().ConfigureAwait(false);
        _file = files.Create(Path.Combine(FolderOf(folder), Encoding.ASCII.GetString(name.Span)));
        _position = 0;
        _hash.Reset();
        _step = _length > 0 ? TakeBytesAsync : TakeHashAsync;
        return taken;
    }

    private ValueTask<int> TakeBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        var piece = bytes[..(int)Math.Min(bytes.Length, _length - _position)];
        _hash.Append(piece.Span);
        _file!.Write([piece], _position);
        _position += piece.Length;
        _bytesSeen += piece.Length;
        if (_position == _length)
            _step = TakeHashAsync;
        return ValueTask.FromResult(piece.Length);
    }

    private ValueTask<int> TakeHashAsync(ReadOnlyMemory<byte> bytes)
    {
        if (!Collect(bytes.Span, FileSetFormat.HashBytes, out var taken))
            return ValueTask.FromResult(taken);
        var file = _file!;
        var said = BinaryPrimitives.ReadUInt64LittleEndian(_head);
        if (said != _hash.GetCurrentHashAsUInt64())
            throw FileSetFormat.Corrupt($"{Path.GetFileName(file.Path)} hashes to {_hash.GetCurrentHashAsUInt64():x16}, its sender says {said:x16}");
        _file = null;
        _flushes.Enqueue(Task.Run(() =>
        {
            using (file)
                file.Flush();
        }));
        _step = TakeFileAsync;
        return ValueTask.FromResult(taken);
    }

    /// <summary>Gathers the bytes of a head; true once there are as many as wanted.</summary>
    private bool Collect(ReadOnlySpan<byte> bytes, int wanted, out int taken, bool keep = false)
    {
        taken = Math.Min(bytes.Length, wanted - _headFilled);
        bytes[..taken].CopyTo(_head.AsSpan(_headFilled));
        _headFilled += taken;
        if (_headFilled < wanted)
            return false;
        if (!keep)
            _headFilled = 0;
        return true;
    }
}
