using System.Collections.Concurrent;
using Grid.Abstractions;

namespace Grid.Client.Connecting;

/// <summary>Remembers data ports that could not be reached, so that not every scan waits for a firewall to say nothing. Thread safe; one entry a node at most.</summary>
internal sealed class DataPortRoutes(TimeProvider time)
{
    private const int RoutesMax = 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<(string Host, int Port), long> _failed = new();

    /// <summary>Whether to call the ticket's port: it was not found closed lately.</summary>
    public bool IsWorthTrying(StreamTicket ticket)
    {
        if (!_failed.TryGetValue((ticket.Host, ticket.Port), out var failed))
            return true;
        if (time.GetElapsedTime(failed) < Pause)
            return false;
        _failed.TryRemove((ticket.Host, ticket.Port), out _);
        return true;
    }

    /// <summary>The port could not be reached.</summary>
    public void Failed(StreamTicket ticket)
    {
        if (_failed.Count >= RoutesMax)
            _failed.Clear();
        _failed[(ticket.Host, ticket.Port)] = time.GetTimestamp();
    }
}
