using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Grid.Abstractions;

namespace Grid.Storage.DataPort;

/// <summary>The tickets that were given and not used: random, good once and for a while, bounded in number. Thread safe.</summary>
public sealed class TicketBook : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Key, (IDataSource Source, long ExpiresAtMs)> _tickets = [];
    private readonly TimeSpan _life;
    private readonly int _ticketsMax;
    private readonly TimeProvider _time;
    private bool _closed;

    /// <summary>Makes an empty book.</summary>
    public TicketBook(TimeSpan life, int ticketsMax, TimeProvider time)
    {
        _life = life;
        _ticketsMax = ticketsMax;
        _time = time;
    }

    /// <summary>Tickets that may still be used, or have expired and were not looked at since.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _tickets.Count;
        }
    }

    /// <summary>Gives a ticket for a source, which is the book's from here on.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Busy"/>: too many; <see cref="GridErrorCode.Closing"/>. The source stays the caller's.</exception>
    public (ImmutableArray<byte> Ticket, long ExpiresAtMs) Issue(IDataSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var bytes = RandomNumberGenerator.GetBytes(DataPortFormat.TicketBytes);
        var expiresAtMs = NowMs + (long)_life.TotalMilliseconds;
        lock (_gate)
        {
            if (_closed)
                throw new GridException(GridErrorCode.Closing, "The node's data port is closing; ask again.");
            if (_tickets.Count >= _ticketsMax)
                throw new GridException(GridErrorCode.Busy, $"{_tickets.Count} tickets for the data port wait to be used; at most {_ticketsMax} may. Try again shortly.");
            _tickets.Add(Key.Of(bytes), (source, expiresAtMs));
        }

        return (ImmutableCollectionsMarshal.AsImmutableArray(bytes), expiresAtMs);
    }

    /// <summary>Takes the source of a ticket, which is the caller's from here on; null: there is no such ticket, or no longer.</summary>
    public IDataSource? Take(ReadOnlySpan<byte> ticket)
    {
        lock (_gate)
        {
            // One that has expired stays for the sweep, which disposes its source.
            var key = Key.Of(ticket);
            if (!_tickets.TryGetValue(key, out var entry) || entry.ExpiresAtMs <= NowMs)
                return null;
            _tickets.Remove(key);
            return entry.Source;
        }
    }

    /// <summary>Removes what has expired and disposes its sources; called from time to time.</summary>
    public async Task SweepAsync()
    {
        List<IDataSource> expired = [];
        lock (_gate)
        {
            var nowMs = NowMs;
            foreach (var (key, entry) in _tickets)
                if (entry.ExpiresAtMs <= nowMs && _tickets.Remove(key))
                    expired.Add(entry.Source);
        }

        foreach (var source in expired)
            await source.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Refuses all tickets, and disposes their sources.</summary>
    public async ValueTask DisposeAsync()
    {
        List<IDataSource> left;
        lock (_gate)
        {
            _closed = true;
            left = [.. _tickets.Values.Select(static entry => entry.Source)];
            _tickets.Clear();
        }

        foreach (var source in left)
            await source.DisposeAsync().ConfigureAwait(false);
    }

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A ticket's 32 bytes.</summary>
    private readonly record struct Key(ulong A, ulong B, ulong C, ulong D)
    {
        public static Key Of(ReadOnlySpan<byte> ticket)
        {
            var words = MemoryMarshal.Cast<byte, ulong>(ticket);
            return new Key(words[0], words[1], words[2], words[3]);
        }
    }
}
