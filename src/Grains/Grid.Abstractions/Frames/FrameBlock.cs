using System.Buffers;
using System.Diagnostics;

namespace Grid.Abstractions;

/// <summary>
/// Pooled bytes that travel in grain calls: whole frames end to end, or another block whose format its message names. The memory is counted:
/// <list type="bullet">
/// <item>Whoever makes a block owns one reference and disposes it: a caller after its call ended, whatever the outcome.</item>
/// <item>A request's block that came over the wire starts without a reference (floating): the first <see cref="TryRetain"/> takes it, the
/// last <see cref="Dispose"/> returns the memory to the pool; if nobody retains it, the garbage collector takes it.</item>
/// <item>A callee retains before its first await and disposes when it is done: within one process caller and callee share the object, so a
/// caller that gave up cannot pull the memory away.</item>
/// <item>An answer is made with <see cref="ForAnswer"/>: the serializer disposes it after writing it. The caller owns one
/// reference to an answer's block, from the wire or from the same process. A received answer still counts as one, so that a gateway or a
/// grain may pass it on; whoever sends its block on in a request calls <see cref="ForRequest"/> first.</item>
/// </list>
/// </summary>
public sealed class FrameBlock : IDisposable
{
    /// <summary>No references and no memory; far below zero, so that no count can ever climb back.</summary>
    private const int Disposed = int.MinValue / 2;

    private readonly byte[] _array;
    private readonly bool _pooled;
    private int _references;
    private int _answer;

    private FrameBlock(byte[] array, int length, bool pooled, int references, bool answer)
    {
        _array = array;
        Length = length;
        _pooled = pooled;
        _references = references;
        _answer = answer ? 1 : 0;
    }

    /// <summary>Bytes in the block.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the serializer takes the reference over, see the type's rules.</summary>
    public bool IsAnswer => Volatile.Read(ref _answer) != 0;

    /// <summary>Whether the memory went back to the pool.</summary>
    internal bool IsDisposed => Volatile.Read(ref _references) < 0;

    /// <summary>The bytes; valid while a reference is held.</summary>
    public ReadOnlyMemory<byte> Memory
    {
        get
        {
            Debug.Assert(Volatile.Read(ref _references) >= 0, "The block was used after its last reference was disposed.");
            return _array.AsMemory(0, Length);
        }
    }

    /// <summary>The bytes; valid while a reference is held.</summary>
    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>The bytes for whoever fills the block, before it is shared.</summary>
    public Memory<byte> WritableMemory => _array.AsMemory(0, Length);

    /// <summary>Rents a block with one reference.</summary>
    /// <param name="length">Its length in bytes; the caller has checked it against its limit.</param>
    public static FrameBlock Rent(int length) => new(ArrayPool<byte>.Shared.Rent(length), length, pooled: true, references: 1, answer: false);

    /// <summary>Rents a block for a request that came over the wire: no reference yet.</summary>
    public static FrameBlock RentFloating(int length) => new(ArrayPool<byte>.Shared.Rent(length), length, pooled: true, references: 0, answer: false);

    /// <summary>Wraps bytes that belong to nobody else and are not pooled.</summary>
    public static FrameBlock Wrap(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return new FrameBlock(bytes, bytes.Length, pooled: false, references: 1, answer: false);
    }

    /// <summary>Shortens a block that its maker rented too large.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <summary>Marks the block as an answer, whose reference goes to the serializer or to the caller in the same process.</summary>
    public FrameBlock ForAnswer()
    {
        Volatile.Write(ref _answer, 1);
        return this;
    }

    /// <summary>Makes a block that was received as an answer the caller's own again, so that it can be sent in a request.</summary>
    public FrameBlock ForRequest()
    {
        Volatile.Write(ref _answer, 0);
        return this;
    }

    /// <summary>Takes a reference; false where the last one was disposed already (a caller in this process gave up).</summary>
    public bool TryRetain()
    {
        var references = Volatile.Read(ref _references);
        while (references >= 0)
        {
            var seen = Interlocked.CompareExchange(ref _references, references + 1, references);
            if (seen == references)
                return true;
            references = seen;
        }

        return false;
    }

    /// <summary>Gives a reference back; the last one returns the memory, once: disposing a block that has no reference left does nothing.</summary>
    public void Dispose()
    {
        var references = Volatile.Read(ref _references);
        while (references >= 0)
        {
            // A floating block (0) that is disposed goes back to the pool like one with a single reference.
            var next = references <= 1 ? Disposed : references - 1;
            var seen = Interlocked.CompareExchange(ref _references, next, references);
            if (seen == references)
            {
                if (next == Disposed && _pooled)
                    ArrayPool<byte>.Shared.Return(_array);
                return;
            }

            references = seen;
        }
    }

    /// <summary>Gives the answer's reference back after it was written to the wire; once, however often that happens.</summary>
    internal void DisposeWrittenAnswer()
    {
        if (Interlocked.Exchange(ref _answer, 0) != 0)
            Dispose();
    }
}
